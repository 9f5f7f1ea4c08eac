import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { SimulationStore, VERSION } from '#platform';
import { accepted } from '../http/accept.js';
import { Access } from '../http/access.js';
import type { WithPrincipal } from '../http/tenant.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
import { homePage } from './home-page.js';

/** Of the newest runs of presets, the reports are linked. */
const RUNS_LOOKED_AT = 50;

/** The page for people; no call of the API. */
@ApiExcludeController()
@Controller()
export class HomeController {
  constructor(
    private readonly source: ScenarioSource,
    private readonly simulations: SimulationStore,
  ) {}

  @Get()
  @Access('open')
  async home(@Req() request: Request & WithPrincipal, @Res() response: Response): Promise<void> {
    accepted(request, 'html');
    const outlines = await this.source.presetOutlines();
    const origin = `${request.protocol}://${request.get('host')}`;
    const reports = request.principal ? await this.reports(request.principal.tenant) : new Map<string, string>();
    response.type('text/html').send(homePage(VERSION, origin, outlines, reports));
  }

  /** By preset. */
  private async reports(tenant: string): Promise<Map<string, string>> {
    const succeeded = await this.simulations.list(tenant, { status: 'succeeded' }, null, RUNS_LOOKED_AT);
    const reports = new Map<string, string>();
    for (const { id, preset } of succeeded)
      if (preset !== null && !reports.has(preset)) reports.set(preset, `/v1/simulations/${id}/report`);
    return reports;
  }
}
