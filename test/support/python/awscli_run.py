"""Runs commands of the AWS CLI in one process: starting Python takes longer than anything the CLI does."""
import contextlib
import io
import json
import os
import tempfile
import time

import botocore.waiter
from awscli.clidriver import create_clidriver
from model_check import Answers

# The CLI's waiters look every 30 seconds, and no option says otherwise.
botocore.waiter.time = type('time', (), {'sleep': staticmethod(lambda _: time.sleep(0.05))})
# Removed when this process ends
folder = tempfile.TemporaryDirectory(prefix='awscli-')
os.chdir(folder.name)
driver = create_clidriver()
answers = Answers(driver.session)
ROLE = 'arn:aws:iam::123456789012:role/sandbox-test'


def run(*words):
    """Exit code, what was printed (as JSON where it is), and what was complained."""
    said, complained = io.TextIOWrapper(io.BytesIO(), write_through=True), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
        try:
            code = driver.main([w if isinstance(w, str) else json.dumps(w) for w in words])
        except SystemExit as e:
            code = e.code
    text = said.buffer.getvalue().decode()
    try:
        return code, json.loads(text or 'null'), complained.getvalue().strip()
    except ValueError:
        return code, text, complained.getvalue().strip()


def ok(*words):
    code, answer, complaint = run(*words)
    if code != 0:
        raise SystemExit(f'{" ".join(map(str, words))}: {code} {complaint}')
    return answer
