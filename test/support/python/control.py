"""The sandbox's own API, for what no AWS client can ask: its clock."""
import json
import os
import time
import urllib.request

URL = os.environ.get('AWS_ENDPOINT_URL', '')


def advance(seconds):
    body = json.dumps({'advanceMs': seconds * 1000}).encode()
    urllib.request.urlopen(urllib.request.Request(f'{URL}/_sandbox/clock', data=body, method='PUT')).read()


def now_ms():
    return json.loads(urllib.request.urlopen(f'{URL}/_sandbox/clock').read())['nowMs']


def flush():
    urllib.request.urlopen(urllib.request.Request(f'{URL}/_sandbox/flush', data=b'', method='POST')).read()


def until(condition):
    """The caller's own time limit bounds it."""
    while not (value := condition()):
        time.sleep(0.02)
    return value
