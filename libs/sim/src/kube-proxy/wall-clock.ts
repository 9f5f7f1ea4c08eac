/**
 * Virtual time as the timestamps that kube-proxy prints.
 *
 * Models: Go's two texts for a time in UTC.
 * Source: Go's time package (Time.String, RFC3339Nano).
 * Simplified: a run starts at midnight of 1 January 2024 UTC, and kube-proxy with it.
 * Who could tell: everyone; nothing but these texts depends on it.
 */
import type { Nanos } from '../scenario.js';

const SECOND_NS = 1_000_000_000;
const DAY_SECONDS = 86_400;
const START_YEAR = 2024;

interface Fields {
  readonly date: string;
  readonly time: string;
}

const two = (value: number): string => String(value).padStart(2, '0');
const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysIn = (year: number): number[] => [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function fieldsOf(atNs: Nanos): Fields {
  const seconds = Math.floor(atNs / SECOND_NS);
  let day = Math.floor(seconds / DAY_SECONDS);
  let year = START_YEAR;
  for (; day >= (isLeap(year) ? 366 : 365); year++) day -= isLeap(year) ? 366 : 365;
  let month = 0;
  for (const days = daysIn(year); day >= days[month]!; month++) day -= days[month]!;
  const fraction = fractionOf(atNs).replace(/0+$/, '');
  const clock = [seconds / 3600, seconds / 60, seconds].map(Math.floor);
  const time = `${two(clock[0]! % 24)}:${two(clock[1]! % 60)}:${two(clock[2]! % 60)}`;
  return { date: `${year}-${two(month + 1)}-${two(day + 1)}`, time: fraction === '' ? time : `${time}.${fraction}` };
}

const fractionOf = (atNs: Nanos): string => String(atNs % SECOND_NS).padStart(9, '0');

/** `2024-01-01 00:00:10.5 +0000 UTC m=+10.500000000`; null, a time that never was, is year 1. */
export function goTimeText(atNs: Nanos | null): string {
  if (atNs === null) return '0001-01-01 00:00:00 +0000 UTC';
  const { date, time } = fieldsOf(atNs);
  return `${date} ${time} +0000 UTC m=+${Math.floor(atNs / SECOND_NS)}.${fractionOf(atNs)}`;
}

/** `2024-01-01T00:00:10.5Z`. */
export function rfc3339Text(atNs: Nanos | null): string {
  if (atNs === null) return '0001-01-01T00:00:00Z';
  const { date, time } = fieldsOf(atNs);
  return `${date}T${time}Z`;
}
