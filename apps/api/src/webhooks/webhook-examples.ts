/** Bodies that work as they stand. `.example` is a name that leads nowhere (RFC 2606). */

export const webhookExamples = {
  failures: {
    summary: 'To hear of what fails',
    value: { url: 'https://receiver.example/hooks', description: 'To the team', events: ['simulation.failed'] },
  },
};
export const webhookYamlExamples = {
  failures: {
    summary: 'To hear of what fails',
    value: 'url: https://receiver.example/hooks\nevents:\n  - simulation.failed\n  - experiment.failed\n',
  },
};

export const changeExamples = {
  enable: { summary: 'Enable again what was disabled', value: { enabled: true } },
  filter: { summary: 'Other events', value: { events: ['simulation.*', 'comparison.*'] } },
};
export const changeYamlExamples = {
  disable: { summary: 'Send nothing for now', value: 'enabled: false\n' },
};
