/**
 * Temporal runs an update's validator inside the workflow's activation and takes a returned promise for "accepted": an async
 * validator accepts everything.
 */
export const syncValidator = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      async: 'An update validator must be synchronous: a promise counts as "accepted", whatever it resolves to.',
    },
  },
  create(context) {
    const { esTreeNodeToTSNodeMap, program } = context.sourceCode.parserServices ?? {};
    const checker = program?.getTypeChecker();

    function returnsPromise(node) {
      if (checker === undefined) return false;
      const type = checker.getTypeAtLocation(esTreeNodeToTSNodeMap.get(node));
      return type.getCallSignatures().some((s) => {
        const result = s.getReturnType();
        const parts = result.isUnion() ? result.types : [result];
        return parts.some((part) => part.getProperty('then') !== undefined);
      });
    }

    return {
      'Property[key.name="validator"]'({ value }) {
        if (value.async === true || returnsPromise(value)) context.report({ node: value, messageId: 'async' });
      },
    };
  },
};
