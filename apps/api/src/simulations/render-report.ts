/** A report from what is stored of a run: parsing and writing, which large scenarios make long. */
import { createHash } from 'node:crypto';
import { type ReportInput, reportHtml, reportPolicy, timelinePicture } from '#report';
import type { Overview } from '#sim';

export type ReportFormat = 'html' | 'svg';

/** Texts are JSON. */
export interface ReportSources {
  id: string;
  /** Of Hairpin. */
  version: string;
  seed: number;
  modelVersion: string;
  fingerprint: string;
  summary: string;
  expectations: string;
  scenario: string;
  healthz: string;
  transcript: string;
  warnings: string;
  overview: Overview;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64');

/** Of the HTML; in the header also who may frame it, which a file cannot say of itself. */
export const REPORT_POLICY = `${reportPolicy(sha256)}; frame-ancestors 'none'`;

export function renderReport(format: ReportFormat, sources: ReportSources): string {
  const { id, version, seed, overview, modelVersion, fingerprint } = sources;
  const input: ReportInput = {
    id,
    version,
    seed,
    overview,
    warnings: JSON.parse(sources.warnings),
    scenario: JSON.parse(sources.scenario),
    result: {
      modelVersion,
      fingerprint,
      summary: JSON.parse(sources.summary),
      expectations: JSON.parse(sources.expectations),
      healthz: JSON.parse(sources.healthz),
      transcript: JSON.parse(sources.transcript),
    },
  };
  return format === 'html' ? reportHtml(input, sha256) : timelinePicture(input);
}
