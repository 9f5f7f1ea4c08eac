import { describe, expect, it, vi } from 'vitest';
import { Metrics } from './metrics.js';

const UNITS = /_(seconds|bytes|total|info|ratio)$/;

describe('the metrics', () => {
  it('are called as Prometheus has it: counters end with _total, times are in seconds, sizes in bytes', async () => {
    for (const { name, type, help } of await new Metrics().registry.getMetricsAsJSON()) {
      expect(help, name).not.toBe('');
      if (String(type) === 'gauge') expect(name).not.toMatch(/_total$/);
      if (!name.startsWith('hairpin_')) continue;
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      // prom-client gives its types as text.
      expect(name.endsWith('_total'), name).toBe(String(type) === 'counter');
      if (String(type) === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(name).not.toMatch(/_(ms|milliseconds|minutes|kb|mb|percent)(_|$)/);
      if (/age|duration|wait/.test(name)) expect(name).toMatch(UNITS);
    }
  });

  it('can be read while the database is away, without what only it knows', async () => {
    const metrics = new Metrics();
    let away = false;
    const ask = async <Answer>(answer: Answer) => {
      if (away) throw new Error('away');
      return answer;
    };
    metrics.gaugeSimulations(() => ask({ queued: 3 }), ['queued', 'running']);
    metrics.gaugeExperiments('experiment', () => ask({ running: 4 }), ['queued', 'running']);
    metrics.gaugeExperiments('comparison', () => ask({ queued: 5 }), ['queued', 'running']);
    metrics.gaugeQueue('simulations', () => ask({ waiting: 2, running: 1, oldestMs: 1500 }));
    metrics.gaugeDependency('database', () => ask(true));
    const whole = await metrics.text();
    for (const line of [
      'hairpin_simulations{status="queued"} 3',
      'hairpin_simulations{status="running"} 0',
      'hairpin_experiments{kind="experiment",status="queued"} 0',
      'hairpin_experiments{kind="experiment",status="running"} 4',
      'hairpin_experiments{kind="comparison",status="queued"} 5',
      'hairpin_queue_jobs{queue="simulations",state="waiting"} 2',
      'hairpin_queue_jobs{queue="simulations",state="running"} 1',
      'hairpin_queue_oldest_job_age_seconds{queue="simulations"} 1.5',
      'hairpin_dependency_up{dependency="database"} 1',
    ])
      expect(whole).toContain(`${line}\n`);
    away = true;
    const rest = await metrics.text();
    expect(rest).toContain('hairpin_dependency_up{dependency="database"} 0\n');
    expect(rest).not.toMatch(/^hairpin_(simulations|experiments|queue_\w+)\{/m);
    expect(rest).toMatch(/^process_cpu_seconds_total /m);
  });

  it('does not wait for an answer that never comes', async () => {
    const metrics = new Metrics();
    metrics.gaugeDependency('queue', () => new Promise(() => {}));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const reading = metrics.text();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await reading).toContain('hairpin_dependency_up{dependency="queue"} 0\n');
    vi.useRealTimers();
  });
});
