"""The sandbox's own API, for what no AWS client can ask: its clock."""
import json
import os
import time
import urllib.request

URL = os.environ.get('AWS_ENDPOINT_URL', '')


def _turn(**what):
    urllib.request.urlopen(urllib.request.Request(f'{URL}/_sandbox/clock', data=json.dumps(what).encode(), method='PUT')).read()


def advance(seconds):
    _turn(advanceMs=seconds * 1000)


def speed(times):
    """How fast provider time passes; 1000 at the start. Timestamps pass as they always do."""
    _turn(speed=times)


def start_hour():
    """To a minute after the next full hour: nothing that is due hourly comes by itself for almost an hour."""
    _turn(nowMs=(now_ms() // 3_600_000 + 1) * 3_600_000 + 60_000)


def now_ms():
    return json.loads(urllib.request.urlopen(f'{URL}/_sandbox/clock').read())['nowMs']


def flush():
    urllib.request.urlopen(urllib.request.Request(f'{URL}/_sandbox/flush', data=b'', method='POST')).read()


def until(condition):
    """The caller's own time limit bounds it."""
    while not (value := condition()):
        time.sleep(0.02)
    return value
