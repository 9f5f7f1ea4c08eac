/** What the timeline or a step did, in a line. */
import type { KubectlCommand, Step, StepRecord } from '#sim';
import { kubectlCommandText } from '../kubectl-command.js';
import { fitted } from '../svg-text.js';
import { spanText } from './figures.js';

const LENGTH_MAX = 140;

export type Happening = StepRecord['step'];

export function eventText(happening: Happening): string {
  return fitted(plainText(happening).replace(/\s+/g, ' '), LENGTH_MAX);
}

/** Whether a step changes anything; looking and asking do not. */
export function changesSomething(step: Happening): step is Extract<Step, { do: 'kubectl' }> {
  return step.do === 'kubectl' && step.command.verb !== 'get';
}

function plainText(happening: Happening): string {
  switch (happening.do) {
    case 'kubectl':
      return commandText(happening.command);
    case 'readiness':
      return `readiness probe of ${short(happening.pod)} ${happening.ready ? 'passes again' : 'fails'}`;
    default:
      return fieldsText(happening);
  }
}

function commandText(command: KubectlCommand): string {
  if (command.verb !== 'apply') return kubectlCommandText(command);
  const { kind, metadata } = command.object;
  return `kubectl apply: ${kind} ${metadata.namespace === undefined || metadata.namespace === 'default' ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** Of an action that has no words of its own here: its name and its fields. */
function fieldsText(happening: object): string {
  const { do: name, ...fields } = happening as { do: string; [field: string]: unknown };
  const words = Object.entries(fields).flatMap(([field, value]) => {
    if (value === null || value === undefined || field === 'atNs') return [];
    if (field.endsWith('Ns') && typeof value === 'number') return `${field.slice(0, -2)} ${spanText(value / 1e6)}`;
    return `${field} ${typeof value === 'string' ? short(value) : JSON.stringify(value)}`;
  });
  return [name, ...words].join(' ');
}

function short(name: string): string {
  return name.replace(/^default\//, '');
}
