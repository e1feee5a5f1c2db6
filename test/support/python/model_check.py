"""Checks every answer that a botocore session gets against botocore's own model: nothing that the model does not know, nothing
required missing, every type, enum, length, range and pattern. What breaks it is collected, and so are the operations called."""
import datetime
import json
import re
import sys

# The AWS CLI prints timestamps as they came.
PASSED_THROUGH = (str, int, float) if 'awscli' in sys.modules else ()
PYTHON_TYPES = {
    'string': str, 'integer': int, 'long': int, 'float': (int, float), 'double': (int, float), 'boolean': bool,
    'timestamp': (datetime.datetime, *PASSED_THROUGH), 'list': list, 'map': dict, 'structure': dict,
}


class Answers:
    """`session` is botocore's; boto3's is behind `session._session`."""

    def __init__(self, session):
        self.violations = []
        self.calls = {}
        self.checked = 0
        session.register('after-call', self._after_call)

    def _after_call(self, http_response, parsed, model, **_):
        name = f'{model.service_model.service_name}.{model.name}'
        self.calls[name] = self.calls.get(name, 0) + 1
        if http_response.status_code >= 300:
            error = parsed.get('Error', {})
            if not error.get('Code') or ('Message' not in error and http_response.content):
                self.violations.append(f'{name}: an error without code or message')
            return
        if not parsed.get('ResponseMetadata', {}).get('RequestId'):
            self.violations.append(f'{name}: no request id')
        if model.output_shape is None:
            return
        self.checked += 1
        self._check(model.output_shape, parsed, name)
        if model.service_model.resolved_protocol == 'json':
            self._check_names(model.output_shape, json.loads(http_response.content), name)

    def _check_names(self, shape, raw, at):
        """The parser drops what it does not know, so the body itself is looked at."""
        if shape.type_name == 'structure':
            for key in raw:
                if key not in shape.members:
                    self.violations.append(f'{at}.{key}: not in the model')
                elif raw[key] is None:
                    self.violations.append(f'{at}.{key}: null on the wire')
                else:
                    self._check_names(shape.members[key], raw[key], f'{at}.{key}')
        elif shape.type_name == 'list':
            for index, item in enumerate(raw):
                self._check_names(shape.member, item, f'{at}[{index}]')
        elif shape.type_name == 'map':
            for key, item in raw.items():
                self._check_names(shape.value, item, f'{at}[{key}]')

    def _check(self, shape, value, at):
        kind = shape.type_name
        # Events are checked by whoever reads them.
        if shape.serialization.get('eventstream'):
            return
        wanted = PYTHON_TYPES.get(kind)
        if wanted and (not isinstance(value, wanted) or (kind != 'boolean' and isinstance(value, bool))):
            self.violations.append(f'{at}: {type(value).__name__} instead of {kind}')
            return
        if kind == 'structure':
            for name in shape.required_members:
                # The CLI has taken a streamed body away before this is asked.
                if name not in value and name != shape.serialization.get('payload'):
                    self.violations.append(f'{at}.{name}: required and missing')
            for name, member in shape.members.items():
                if name in value:
                    self._check(member, value[name], f'{at}.{name}')
        elif kind == 'list':
            self._limits(shape, len(value), at)
            for index, item in enumerate(value):
                self._check(shape.member, item, f'{at}[{index}]')
        elif kind == 'map':
            self._limits(shape, len(value), at)
            for key, item in value.items():
                self._check(shape.key, key, f'{at} key')
                self._check(shape.value, item, f'{at}[{key}]')
        elif kind == 'string':
            self._limits(shape, len(value), at)
            if shape.enum and value not in shape.enum:
                self.violations.append(f'{at}: {value!r} is none of {shape.enum[:8]}')
            pattern = translated(shape.metadata.get('pattern'))
            if pattern and not pattern.fullmatch(value):
                self.violations.append(f'{at}: {value!r} does not match {pattern.pattern}')
        elif kind in ('integer', 'long', 'float', 'double'):
            self._limits(shape, value, at)

    def _limits(self, shape, size, at):
        low, high = shape.metadata.get('min'), shape.metadata.get('max')
        if (low is not None and size < low) or (high is not None and size > high):
            self.violations.append(f'{at}: {size} is outside {low} to {high}')


def translated(pattern, cache={}):
    """Java's pattern as Python's; `None` for one that Python cannot express."""
    if pattern is None:
        return None
    if pattern not in cache:
        text = pattern.replace(r'\z', r'\Z')
        for name, characters in ((r'\p{ASCII}', r'\x00-\x7f'), (r'\p{Print}', r'\x20-\x7e')):
            # Within a class the range stands as it is; alone it needs one.
            text = re.sub(r'(\[[^\]]*)' + re.escape(name), lambda m: m[1] + characters, text).replace(name, f'[{characters}]')
        try:
            cache[pattern] = re.compile(text)
        except re.error:
            cache[pattern] = None
    return cache[pattern]
