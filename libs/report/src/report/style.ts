/** The style sheet of the report: one column, readable from 320 px up, light and dark, on paper always light. */
import { CHART_STYLE, customProperties, DARK, LIGHT } from './palette.js';

export const REPORT_STYLE = `
:root{color-scheme:light dark;${customProperties(LIGHT)}}
@media screen and (prefers-color-scheme:dark){:root{${customProperties(DARK)}}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
.skip{position:absolute;left:-99rem}.skip:focus{position:static;display:inline-block;margin:.5rem 1rem;padding:.4rem .8rem}
header,main,footer{max-width:1064px;margin:0 auto;padding:0 1rem}
header{padding-top:1.6rem}
.brand{margin:0;font-size:.85rem;font-weight:600;letter-spacing:.02em;color:var(--soft)}
h1{margin:.1rem 0 .5rem;font-size:clamp(1.5rem,4.5vw,2.1rem);line-height:1.2;overflow-wrap:anywhere;letter-spacing:-.01em}
.lead{margin:0 0 1.1rem;font-size:1.12rem;line-height:1.5;max-width:58rem;overflow-wrap:anywhere}
h2{margin:0 0 .8rem;font-size:1.3rem;line-height:1.3}
h3{margin:1.3rem 0 .5rem;font-size:1rem}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
code{font:.875em/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.stats{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:0 0 1.2rem;padding:0;list-style:none}
.stats li{padding:.65rem .85rem;background:var(--paper);border:1px solid var(--line);border-radius:.6rem}
.stats b{display:block;font-size:1.35rem;line-height:1.25;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.stats span{font-size:.85rem;color:var(--soft)}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:0 0 1.2rem;padding:0;list-style:none;font-size:.92rem}
nav a{display:inline-block;padding:.2rem 0}
section{margin:0 0 1.2rem;padding:1.1rem 1.2rem 1.2rem;background:var(--paper);border:1px solid var(--line);border-radius:.8rem}
.note,.soft,.when{color:var(--soft)}
.note{margin:.5rem 0 0;font-size:.88rem}
.pass{color:var(--good)}.fail{color:var(--bad)}
.nowrap{white-space:nowrap}
.scroll{overflow-x:auto;margin:.6rem 0 0}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.pairs caption{position:static;width:auto;height:auto;clip-path:none;padding:.6rem 0 .3rem;white-space:normal;text-align:left;font-weight:600;position:sticky;left:0;max-width:calc(100vw - 2rem)}
th,td{padding:.4rem .8rem .4rem 0;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
thead th{font-weight:600;color:var(--soft);font-size:.85rem;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:400}
td:last-child,th:last-child{padding-right:0}
.losses td .note{margin:.25rem 0 0;font-size:.8rem}
tbody tr:last-child>*{border-bottom:0}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.pairs .num{padding-left:.8rem;padding-right:.8rem}.pairs th,.pairs td{white-space:nowrap}
${[0, 1, 2, 3, 4].map((n) => `.h${n}{background:var(--heat${n})}`).join('')}
.reason{display:block;color:var(--soft);font-size:.8rem;max-width:30rem}
.swatch{width:.75rem;height:.75rem;vertical-align:-.05rem;flex:none}.swatch.lane{width:1.5rem}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.6rem 0 0;padding:0;list-style:none;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:.4rem}
.shares{margin:.4rem 0 .8rem;padding-left:1.2rem}
.chart{display:none;width:100%;height:auto}
${CHART_STYLE}
.cursor{fill:var(--link);opacity:.22;pointer-events:none}
.scrub{position:relative;touch-action:pan-y;border-radius:4px}.scrub[role=slider]{cursor:crosshair}
.events{margin:0;padding:0;list-style:none;font-size:.95rem}
.events li{display:flex;gap:.6rem;padding:.2rem 0;overflow-wrap:anywhere}.events .when{display:inline-block;min-width:4.2rem;font-variant-numeric:tabular-nums}
.badge{display:inline-block}.events .badge,td .badge{flex:none;min-width:1.35rem;height:1.35rem;padding:0 .35rem;border-radius:.7rem;background:var(--ink);color:var(--paper);font-size:.75rem;font-weight:700;line-height:1.35rem;text-align:center}
details>summary{cursor:pointer}
.warnings{margin:.4rem 0;padding-left:1.2rem;overflow-wrap:anywhere}.warnings li{margin:.3rem 0}
.more{margin:.7rem 0 0;font-size:.92rem}.more>summary{color:var(--link);padding:.15rem 0}
.group{margin:.5rem 0 0}.group>summary{padding:.35rem 0;font-weight:600}
.req{margin:0;border-top:1px solid var(--line)}
.req>summary{display:flex;align-items:baseline;gap:.6rem;padding:.4rem .2rem;font-size:.92rem;list-style:none}
.req>summary::-webkit-details-marker{display:none}
.req>summary:hover{background:var(--page)}
.req .n{min-width:2.6rem;text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
.req .when{min-width:4.6rem;text-align:right;font-variant-numeric:tabular-nums}
.req .way{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.req .how{white-space:nowrap;color:var(--soft)}
.req[open]>summary{font-weight:600}.req[open] .way{white-space:normal;overflow-wrap:anywhere}
.body{padding:.2rem .2rem 1rem}.body p{margin:.4rem 0;overflow-wrap:anywhere}
.path{margin:.8rem 0;padding:0;list-style:none;max-width:30rem}
.path li{position:relative;margin:0 0 1.5rem;padding:.45rem .9rem;border:1px solid var(--line);border-radius:.6rem;background:var(--page);overflow-wrap:anywhere}
.path li:last-child{margin-bottom:0}
.path li+li::before{content:"";position:absolute;left:1.3rem;top:-1.5rem;height:1.5rem;border-left:2px solid var(--soft)}
.path .inside{border-left:5px solid var(--link)}
.path small{display:block;color:var(--soft)}.path b{display:block}.path em{display:block;font-style:normal;color:var(--soft)}
.path .nat,.path .stop{border:0;background:none;margin-left:1.9rem;padding:0 .4rem;margin-top:-.9rem;margin-bottom:.6rem;font-size:.9rem}
.path .nat::before,.path .stop::before{left:-.6rem;top:-.6rem;height:2.8rem;border-left-style:dashed}
.path .nat+li::before,.path .stop+li::before{display:none}
.path .nat::before{display:block}
.path .stop{color:var(--bad);font-weight:700}.path .stop::before{border-left-color:var(--bad)}
.panel{margin:.9rem 0 0;padding:.8rem 1rem 1rem;background:var(--page);border:1px solid var(--line);border-radius:.6rem}
.panel h3{margin:0;font-size:1.05rem;font-variant-numeric:tabular-nums}
.panel .top{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center;justify-content:space-between}
.panel ul{margin:.5rem 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;font-size:.92rem}
.panel ul.nodes{display:block}.nodes li{display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:.15rem 0}.nodes b{min-width:3rem}
.panel ul.picks{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:.4rem}
.panel p{margin:.5rem 0 0;font-size:.92rem}
button{font:inherit;font-size:.88rem;padding:.35rem .7rem;border:1px solid var(--line);border-radius:.45rem;background:var(--paper);color:var(--ink);cursor:pointer}
button:hover:not(:disabled){border-color:var(--link)}button:disabled{color:var(--soft);cursor:default}
.picks button{display:flex;gap:.5rem;align-items:baseline;width:100%;text-align:left;overflow:hidden}
.picks .way{flex:1;min-width:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
dialog{width:min(36rem,calc(100vw - 1rem));max-height:calc(100vh - 1rem);padding:1rem 1.1rem;border:1px solid var(--line);border-radius:.8rem;background:var(--paper);color:var(--ink)}
dialog::backdrop{background:rgba(0,0,0,.5)}
dialog .top{display:flex;justify-content:space-between;align-items:start;gap:1rem}dialog h3{margin:.2rem 0 0}
.facts{margin:0;font-size:.95rem}.facts div{display:grid;grid-template-columns:9rem 1fr;gap:.6rem;padding:.35rem 0;border-top:1px solid var(--line)}
.facts div:first-child{border-top:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.notes{margin:0 0 1rem}.notes h3{margin-top:0}.notes p{margin:.4rem 0;white-space:pre-line;overflow-wrap:anywhere;max-width:52rem}
footer{padding-top:.2rem;padding-bottom:2rem;font-size:.85rem;color:var(--soft)}
@media (min-width:900px){.chart.wide{display:block}}
@media (min-width:700px){.losses td:last-child{width:42%}}
@media (min-width:500px) and (max-width:899.98px){.chart.medium{display:block}}
@media (max-width:499.98px){.chart.narrow{display:block}section{padding:.9rem 1rem 1rem;margin-left:-1rem;margin-right:-1rem;border-left:0;border-right:0;border-radius:0}
.stats{grid-template-columns:1fr 1fr}.facts div{grid-template-columns:1fr;gap:0}
.req>summary{flex-wrap:wrap;gap:.1rem .6rem}.req .n,.req .when{min-width:0}.req .way{flex-basis:100%;order:9}}
@media (max-width:699.98px){.cards,.cards tbody,.cards tr,.cards td{display:block}.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr{padding:.5rem 0;border-bottom:1px solid var(--line)}.cards tr:last-child{border-bottom:0}.cards td{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.6rem;padding:.15rem 0;border:0;overflow-wrap:anywhere}
.cards td::before{content:attr(data-name);color:var(--soft);font-size:.88rem}}
@media print{body{background:none;font-size:10.5pt}header,main,footer{max-width:none;padding:0}nav,.skip,.panel,.server,button{display:none!important}
section{border:0;border-top:1px solid var(--line);border-radius:0;padding:.7rem 0;margin:0}
.more:not([open]){display:none}.scroll{overflow:visible}.pairs th,.pairs td{white-space:normal;overflow-wrap:anywhere}thead th{white-space:normal}.losses td .note{font-size:8pt}table{font-size:9pt}thead th{font-size:8.5pt}.reason{font-size:7pt}tr,li,.chart,.req{break-inside:avoid}h2,h3{break-after:avoid}
.chart{display:none!important}.chart.medium{display:block!important}
.cursor{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}@page{margin:14mm}}
`.trim();
