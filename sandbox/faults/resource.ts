import type { ControlResource } from '../http/control';
import { ControlError } from '../http/control';
import type { Faults } from './book';
import { BadFaults, parseFaults } from './parse';

/** `GET` the rules with their hits; `PUT { faults }` replaces them all, `POST` adds some, `DELETE` takes `?id=` or all away. */
export function faultsResource(faults: Faults): ControlResource {
  const show = () => ({ faults: faults.list() });
  return async ({ method, exchange, json }) => {
    switch (method) {
      case 'GET':
        return show();
      case 'PUT':
      case 'POST': {
        const body = await json();
        return refusing(() => {
          const rules = parseFaults(body, 'faults');
          if (method === 'PUT') faults.set(rules);
          else faults.add(...rules);
          return show();
        });
      }
      case 'DELETE': {
        const id = exchange.query.get('id');
        if (id === null) faults.clear();
        else if (!faults.remove(id)) throw new ControlError(`there is no rule "${id}"`);
        return show();
      }
      default:
        return undefined;
    }
  };
}

function refusing<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof BadFaults) throw new ControlError(error.message, { mistakes: error.mistakes });
    throw error;
  }
}
