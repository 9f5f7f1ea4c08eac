/** What a sync costs: kube-proxy's rules for thousands of services, first all of them, then what one change touches. */
import { runProgram } from '../harness/rounds.mjs';
import { engine } from '../programs.mjs';

const SIZES = [10, 500, 5000];
/** Userspace ends with 1.25. */
const versionOf = (mode) => (mode === 'userspace' ? '1.25' : '1.33');

export default function compile() {
  const { modes } = runProgram(engine('modes'));
  return { rows: modes.flatMap(rowsOf) };
}

function rowsOf(mode) {
  const at = (services) => engine('compile', services, mode, versionOf(mode));
  const row = (what, against, programs, measure, budget) => ({
    what: `${mode}: ${what}`,
    against,
    programs,
    measure,
    smallerIsBetter: true,
    ...budget,
  });
  const named = (services) => `${services.toLocaleString('en')} services`;
  return [
    ...SIZES.map((services) =>
      row(`first compile, ${named(services)}`, '', { it: at(services) }, ({ it }) => it.firstMs, {
        unit: 'ms',
        ...(services === 5000 ? { floor: 2000 } : {}),
      }),
    ),
    ...SIZES.map((services) =>
      row(`an endpoint changes, ${named(services)}`, '', { it: at(services) }, ({ it }) => it.endpointMs, {
        unit: 'ms',
      }),
    ),
    row(
      'an endpoint changes, 5,000 services',
      'with 10 services',
      { many: at(5000), few: at(10) },
      ({ many, few }) => many.endpointMs / few.endpointMs,
      { unit: '×', floor: 5, goal: 2 },
    ),
    row(
      'a service comes or goes, 5,000 services',
      'first compile',
      { it: at(5000) },
      ({ it }) => (100 * it.serviceMs) / it.firstMs,
      { unit: '%', floor: 2 },
    ),
  ];
}
