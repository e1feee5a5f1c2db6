import { builtinModules } from 'node:module';
import path from 'node:path';

const builtins = new Set(builtinModules.map((name) => name.replace(/^node:/, '')));

/** `@scope/name/deep` → `@scope/name`, `name/deep` → `name`, a builtin → `node:name`. */
function packageOf(specifier) {
  const name = specifier.replace(/^node:/, '');
  if (specifier.startsWith('node:') || builtins.has(name)) return `node:${name}`;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function covers(entry, name) {
  return entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry || name.startsWith(`${entry}/`);
}

/** `guards` covers the whole room, `gateway/s3-location` that file alone, `@aws-sdk/*` what begins like it. */
function isCovered(entries, name) {
  return entries.some((entry) => covers(entry, name));
}

/** All specifiers of `import { type A, type B } from` are types, although the declaration is not. */
function isTypeOnly(node) {
  if (node.type === 'TSImportType') return true;
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = node.specifiers ?? [];
  return specifiers.length > 0 && specifiers.every((s) => s.importKind === 'type' || s.exportKind === 'type');
}

const listed = (entries) => (entries.length === 0 ? 'nothing' : entries.join(', '));

/**
 * Each top-level folder is a room; the option says what each may import: `rooms` (values and types), `types` (types only) and
 * `packages` (`node:*` for all builtins, `*` for all). A relative path is resolved to the room that it ends in.
 */
export const roomBorders = {
  meta: {
    type: 'problem',
    schema: [{ type: 'object' }],
    messages: {
      room: '{{from}} may not import {{to}}: it may import {{rooms}} (the table of rooms in eslint.config.mjs).',
      typesOnly: '{{from}} may import only types of {{to}}: write `import type`.',
      package: '{{from}} may not import the package {{to}}: it may use {{packages}}.',
      outside: '{{from}} may not import {{to}}, which lies in no room.',
    },
  },
  create(context) {
    const [table] = context.options;
    const file = path.relative(context.cwd, context.filename).replaceAll(path.sep, '/');
    const from = file.split('/')[0];
    if (table[from] === undefined) return {};
    const { rooms = [], types = [], packages = [] } = table[from];

    const mayImport = listed([...rooms, ...types.map((name) => `types of ${name}`)]);

    function checkPackage(node, specifier) {
      const to = packageOf(specifier);
      if (isTypeOnly(node) || packages.includes('*') || isCovered(packages, to)) return;
      context.report({ node, messageId: 'package', data: { from, to, packages: listed(packages) } });
    }

    function check(node, source) {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const specifier = source.value;
      if (!specifier.startsWith('.')) return checkPackage(node, specifier);
      const to = path.posix.join(path.posix.dirname(file), specifier);
      const target = to.split('/')[0];
      if (target === from || isCovered(rooms, to)) return;
      const data = { from, to, rooms: mayImport };
      if (to.startsWith('..') || table[target] === undefined) context.report({ node, messageId: 'outside', data });
      else if (!isCovered(types, to)) context.report({ node, messageId: 'room', data });
      else if (!isTypeOnly(node)) context.report({ node, messageId: 'typesOnly', data });
    }

    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node.parent, node.expression),
      CallExpression(node) {
        const callee = node.callee.type === 'MemberExpression' ? node.callee.object : node.callee;
        if (callee.type === 'Identifier' && callee.name === 'require') check(node, node.arguments[0]);
      },
    };
  },
};
