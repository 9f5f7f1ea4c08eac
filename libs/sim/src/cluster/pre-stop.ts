/**
 * How long a preStop hook takes, as far as it says so itself.
 *
 * Models: `sleep`, and exec of `sleep N` or of a shell's script that sleeps; what else a script does takes no time. Loops,
 *   conditions and what runs in the background say nothing.
 * Source: sleep(1) of GNU coreutils (units, fractions, several of them add up).
 * Who could tell: someone whose script calls another one; `apps[].preStop` says it then.
 */
import type { PodSpec } from '../objects.js';
import type { Nanos } from '../scenario.js';

const SECOND_NS = 1e9;
const UNITS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST_S = 86_400;

export interface PreStopHook {
  /** Of the container, among all of the pod's. */
  container: number;
  /** `sleep`, which Kubernetes itself times. */
  isSleep: boolean;
  /** Null: it does not say. */
  takesNs: Nanos | null;
}

/** The hook that speaks for the pod, that of the first container with one; null: there is none. */
export function preStopHookOf(spec: PodSpec | undefined): PreStopHook | null {
  const containers = spec?.containers ?? [];
  const container = containers.findIndex(({ lifecycle }) => lifecycle?.preStop !== undefined);
  const hook = containers[container]?.lifecycle?.preStop;
  if (hook === undefined) return null;
  if (hook.sleep !== undefined) return { container, isSleep: true, takesNs: hook.sleep.seconds * SECOND_NS };
  return { container, isSleep: false, takesNs: sleptBy(hook.exec?.command ?? []) };
}

/** Null: the command does not say how long it takes. */
function sleptBy(command: readonly string[]): Nanos | null {
  const [program = '', ...args] = command;
  if (isProgram(program, 'sleep')) return sumOf(args);
  if (!isProgram(program, 'sh|bash|ash|dash')) return null;
  const flag = args.findIndex((arg) => /^-[a-z]*c[a-z]*$/.test(arg));
  const script = flag < 0 ? undefined : args[flag + 1];
  return script === undefined ? null : sleptByScript(script);
}

const isProgram = (path: string, names: string) => new RegExp(`^(?:/\\S*/)?(?:${names})$`).test(path);

const NOT_COUNTED = /(?:^|\s)#.*|\|\|[^;\n]*/g;
const IN_BACKGROUND = /[^&]&(?:\s|$)/;
/** What follows may run never, or more than once. */
const COMPOUND = /^(?:[({]|.*\(\)|(?:if|while|until|for|case|trap|function)\b)/;

/** Its commands one after the other. */
function sleptByScript(script: string): Nanos | null {
  const counted = script.replace(NOT_COUNTED, '');
  if (IN_BACKGROUND.test(counted)) return null;
  let sleptNs: Nanos | null = null;
  for (const command of counted.split(/;|&&|\||\n/)) {
    const [program = '', ...args] = command
      .replace(/^\s*(?:exec\s)?/, '')
      .trim()
      .split(/\s+/);
    if (COMPOUND.test(program)) return null;
    if (!isProgram(program, 'sleep')) continue;
    const takesNs = sumOf(args);
    if (takesNs === null) return null;
    sleptNs = (sleptNs ?? 0) + takesNs;
  }
  return sleptNs;
}

function sumOf(times: readonly string[]): Nanos | null {
  if (times.length === 0) return null;
  const seconds = times.reduce((sum, time) => {
    const [, number, unit = 's'] = /^(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})([smhd])?$/.exec(time) ?? [];
    return sum + Number(number) * UNITS[unit]!;
  }, 0);
  return Number.isNaN(seconds) ? null : Math.round(Math.min(seconds, LONGEST_S) * SECOND_NS);
}
