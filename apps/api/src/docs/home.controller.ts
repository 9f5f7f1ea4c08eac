import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { PresetFiles } from '../presets/preset-files.js';
import { ScenarioSource } from '../scenarios/scenario-source.js';
import { VERSION } from '../version.js';
import { homePage } from './home-page.js';

/** The page for people; no call of the API. */
@ApiExcludeController()
@Controller()
export class HomeController {
  constructor(
    private readonly presets: PresetFiles,
    private readonly source: ScenarioSource,
  ) {}

  @Get()
  async home(@Req() request: Request, @Res() response: Response): Promise<void> {
    const outlines = await Promise.all(this.presets.names().map((name) => this.source.presetOutline(name)));
    const origin = `${request.protocol}://${request.get('host')}`;
    response.type('text/html').send(homePage(VERSION, origin, outlines));
  }
}
