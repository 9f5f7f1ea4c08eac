/** The scalar fields of a scenario document. What a schema puts out is already the normalised value. */

import { z } from 'zod';
import { type Cidr, parseCidr, parseIp, quantityOf } from '#sim';
import { durationHint, isTooLongDuration, parseDuration, parseRate } from '../duration.js';
import { type IssueCode, shown } from '../issues.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { problem } from './problem.js';

interface ScalarForm<T> {
  code: IssueCode;
  /** The form in words: `a duration with its unit`. */
  is: string;
  examples: string[];
  /** Null refuses the text. */
  read(text: string): T | null;
  hint?(written: unknown): string;
  /** What is wrong with a text that has the form. */
  problem?(text: string): string | null;
}

/** A text with a form; both another type and another form are the same issue. */
function scalar<T>({ code, is, examples, read, hint, problem: other }: ScalarForm<T>) {
  const refuse = (written: unknown) => problem(code, `${shown(written)} is not ${is}.`, hint?.(written));
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : refuse(issue.input)) })
    .transform((text, context): T => {
      const value = read(text);
      if (value !== null) return value;
      context.addIssue({ code: 'custom', message: other?.(text) ?? refuse(text) });
      return z.NEVER;
    })
    .meta({ description: `${is[0]!.toUpperCase()}${is.slice(1)}.`, examples });
}

/** Nothing in a run takes longer than a run may last. */
const LONGEST_NS = DEFAULT_LIMITS.durationNs;
const LONGEST = `${LONGEST_NS / 1e9}s`;

function tooLong(text: string): string | null {
  if (!isTooLongDuration(text) && (parseDuration(text) ?? 0) <= LONGEST_NS) return null;
  const message = `${shown(text)} is too long; the most is ${LONGEST}, which a run may last.`;
  return problem('out-of-range', message, `Write at most "${LONGEST}".`);
}

const DURATION = {
  code: 'bad-duration' as const,
  is: 'a duration with its unit',
  examples: ['1.5s', '200ms', '1h30m'],
  hint: durationHint,
  problem: tooLong,
};

function readWithinRun(text: string): number | null {
  const durationNs = parseDuration(text);
  return durationNs !== null && durationNs <= LONGEST_NS ? durationNs : null;
}

export const zDuration = scalar({ ...DURATION, read: readWithinRun });

export const zPositiveDuration = scalar({
  ...DURATION,
  is: 'a duration above zero with its unit',
  read: (text) => readWithinRun(text) || null,
  hint: (written) =>
    parseDuration(String(written)) === 0 ? 'Write more than 0, with its unit.' : durationHint(written),
});

/** One that is held against the limits of the run itself. */
export const zRunDuration = scalar({ ...DURATION, read: parseDuration });

/** A rate that is written as it should be, and too small or too large. */
function rateOutOfRange(text: string): string | null {
  if (!/^-?\d{1,40}(?:\.\d{1,40})?\/[smh]$/.test(text)) return null;
  const message = `${shown(text)} is not above 0 with at most nine digits before the point and nine behind it.`;
  return problem('out-of-range', message, 'Write more than "0/s" and at most "999999999/s".');
}

export const zRate = scalar({
  code: 'bad-rate',
  is: 'a number per unit of time',
  examples: ['50/s', '3/m'],
  read: parseRate,
  hint: (written) => (typeof written === 'number' ? `Write "${written}/s", "${written}/m" or "${written}/h".` : ''),
  problem: rateOutOfRange,
});

const VERSION = /^v?1\.(\d{1,3})(?:\.\d+)?(?:[-+][0-9A-Za-z.+-]*)?$/;

/** `1.21`, or with a patch release as kubelet reports it; the minor version counts. */
export const zVersion = scalar({
  code: 'bad-version',
  is: 'a Kubernetes version as text',
  examples: ['1.21', '1.33'],
  read: (text) => {
    const minor = VERSION.exec(text)?.[1];
    return minor === undefined ? null : `1.${Number(minor)}`;
  },
});

export const zKernel = scalar({
  code: 'bad-value',
  is: 'a kernel version',
  examples: ['5.10', '6.1'],
  read: (text) => /^(\d{1,2}\.\d{1,3})(?:[.\-+].*)?$/.exec(text)?.[1] ?? null,
  hint: () => 'Write major and minor in quotes: "6.1".',
});

export const zIp = scalar({
  code: 'bad-address',
  is: 'an IP address',
  examples: ['10.240.0.4', '2001:db8::1'],
  read: (text) => (parseIp(text) === null ? null : text),
  hint: (written) =>
    typeof written === 'string' && readCidr(written) !== null ? 'Write the address without the prefix length.' : '',
});

export const zCidr = scalar({
  code: 'bad-cidr',
  is: 'a CIDR',
  examples: ['10.180.1.0/24', '2001:db8::/64'],
  read: (text) => (readCidr(text) === null ? null : text),
});

/** A CIDR with its prefix length; a bare address is none. */
export function readCidr(text: string): Cidr | null {
  return text.includes('/') ? parseCidr(text) : null;
}

/** RFC 1123 label: what namespaces and, with dots between, most objects are called. */
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const LABEL_PATTERN = new RegExp(`^${LABEL}$`);
const SUBDOMAIN_PATTERN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const SUBDOMAIN_CHARS_MAX = 253;

export const isLabelName = (text: string): boolean => LABEL_PATTERN.test(text);
export const isSubdomainName = (text: string): boolean =>
  text.length <= SUBDOMAIN_CHARS_MAX && SUBDOMAIN_PATTERN.test(text);

export const zName = scalar({
  code: 'bad-name',
  is: 'a name that Kubernetes accepts',
  examples: ['laptop'],
  read: (text) => (isSubdomainName(text) ? text : null),
});

/** `name` (in `default`) or `namespace/name`, read as `namespace/name`. */
export function namespaced(text: string): string | null {
  const parts = text.split('/');
  const [namespace, name] = parts.length === 1 ? ['default', parts[0]!] : [parts[0]!, parts[1]!];
  return parts.length <= 2 && isLabelName(namespace) && isSubdomainName(name) ? `${namespace}/${name}` : null;
}

export const zNamespacedName = scalar({
  code: 'bad-name',
  is: 'a name, or a namespace and a name with "/" between',
  examples: ['loadbalancer', 'shop/frontend'],
  read: namespaced,
});

export const zPort = z.int().min(1).max(65535);
export const zProtocol = z.enum(['TCP', 'UDP', 'SCTP']);

/** A quantity as text, or the number that YAML makes of it. */
export const zQuantity = z
  .union([z.number(), z.string()])
  .refine(
    (value) => quantityOf(String(value)) !== null,
    problem('bad-value', 'The value is not a quantity.', 'Write it as Kubernetes does: "3920m" or "4".'),
  );

/** As the API server's --service-node-port-range, both ends included. */
export const zPortRange = scalar({
  code: 'bad-value',
  is: 'a range of ports',
  examples: ['30000-32767'],
  read: (text) => {
    const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
    const [from, to] = [Number(match?.[1]), Number(match?.[2])];
    return from >= 1 && from <= to && to <= 65535 ? { from, to } : null;
  },
});

/** Text that is shown to people; control characters other than line breaks and tabs have no place in it. */
export const zText = (charsMax: number) =>
  z
    .string()
    .max(charsMax)
    .refine(isPrintable, problem('bad-value', 'The text holds control characters.', 'Remove them.'));

function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char < 32 && char !== 9 && char !== 10 && char !== 13) return false;
  }
  return true;
}

const LABEL_VALUE = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

export const isLabelValue = (text: string): boolean => LABEL_VALUE.test(text);

export function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash < 0) return LABEL_NAME.test(text);
  return isSubdomainName(text.slice(0, slash)) && LABEL_NAME.test(text.slice(slash + 1));
}

/** Labels or a selector of equalities. */
export const zLabels = z
  .record(z.string(), z.string({ error: (issue) => unquotedLabel(issue.input) }))
  .superRefine((labels, context) => {
    for (const [key, value] of Object.entries(labels)) {
      const isKey = isLabelKey(key);
      if (isKey && isLabelValue(value)) continue;
      const message = isKey ? `${shown(value)} is not a label value.` : `${shown(key)} is not a label key.`;
      context.addIssue({ code: 'custom', path: [key], message: problem('bad-label', message) });
    }
  });

function unquotedLabel(written: unknown): string | undefined {
  if (typeof written !== 'number' && typeof written !== 'boolean') return undefined;
  return problem('wrong-type', `A label's value is text, not ${shown(written)}.`, `Put it in quotes: "${written}".`);
}
