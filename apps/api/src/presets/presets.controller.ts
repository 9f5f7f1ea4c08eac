import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { accepted } from '../http/accept.js';
import { Operation } from '../http/operation.js';
import { ScenarioDocument } from '../scenarios/scenario-shapes.js';
import { EXAMPLE_PRESET, ScenarioSource } from '../scenarios/scenario-source.js';
import { PresetFiles } from './preset-files.js';

const PresetList = z
  .object({
    items: z.array(
      z.object({
        name: z.string(),
        title: z.string().describe('The name of the scenario.'),
        notes: z.string().describe('What it shows, and where it differs from a real cluster.'),
        digest: z.string(),
        url: z.string(),
      }),
    ),
  })
  .meta({ id: 'PresetList' });

@ApiTags('Presets')
@Controller('v1/presets')
export class PresetsController {
  constructor(
    private readonly presets: PresetFiles,
    private readonly source: ScenarioSource,
  ) {}

  @Get()
  @Operation({
    summary: 'List the presets',
    description: 'The scenarios that come with the server, with what each shows.',
    responses: { 200: { description: 'All presets', content: { 'application/json': { schema: PresetList } } } },
  })
  async listPresets(): Promise<z.infer<typeof PresetList>> {
    const outlines = await this.source.presetOutlines();
    const items = outlines.map((outline) => ({ ...outline, url: `/v1/presets/${outline.name}` }));
    return { items };
  }

  @Get(':name')
  @Operation({
    summary: 'Read a preset',
    description:
      'The scenario document, as JSON, or as the YAML that it was written in, with its comments. Change it and send it to POST /v1/scenarios or POST /v1/simulations.',
    path: { name: { description: 'Name of the preset', example: EXAMPLE_PRESET } },
    responses: {
      200: {
        description: 'The document',
        content: {
          'application/json': { schema: ScenarioDocument },
          'application/yaml': { schema: { type: 'string' } },
        },
      },
    },
    errors: ['not-found'],
  })
  async readPreset(@Param('name') name: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const format = accepted(request, 'json', 'yaml');
    const { document } = await this.source.preset(name);
    if (format === 'yaml') response.type('application/yaml').send(this.presets.text(name));
    else response.type('application/json').send(document);
  }
}
