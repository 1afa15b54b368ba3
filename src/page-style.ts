/**
 * The style sheet of the pages. Light and dark follow the reader's setting; paper is always light. It uses no font and no
 * image.
 */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2230; --soft: #566072; --line: #d9dee7; --focus: #1f5fd0;
  --works: #13693f; --works-back: #e0f4e8; --works-line: #a9dcbf;
  --refused: #a3231b; --refused-back: #fdeae8; --refused-line: #f0bdb8;
  --unknown: #7a4d00; --unknown-back: #fdf1d3; --unknown-line: #ecd297;
  --differs: #6a1b9a; --differs-back: #f4e6fb; --differs-line: #8e37c0;
  --shade: rgb(20 28 45 / 0.16);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10141b; --card: #181e28; --ink: #e6eaf2; --soft: #9ba7b9; --line: #2b3443; --focus: #7eb0ff;
    --works: #7fe0ac; --works-back: #12301f; --works-line: #24593c;
    --refused: #ffb0a8; --refused-back: #3a1714; --refused-line: #6d2c27;
    --unknown: #f3cd76; --unknown-back: #33270b; --unknown-line: #61501f;
    --differs: #e3b7ff; --differs-back: #2f1840; --differs-line: #a55fd6;
    --shade: rgb(0 0 0 / 0.55);
  }
}
* { box-sizing: border-box; }
html { font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Cantarell, "DejaVu Sans", sans-serif; }
body { margin: 0; background: var(--page); color: var(--ink); }
main { max-width: 72rem; margin: 0 auto; padding: 2.2rem 1.4rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 0.3rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 0.9rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: 0; }
code { font: 0.86em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.soft { color: var(--soft); }
.meta { color: var(--soft); overflow-wrap: anywhere; }

.tiles { display: flex; flex-wrap: wrap; gap: 0.7rem; margin: 1.5rem 0 1.1rem; padding: 0; list-style: none; }
.tile { flex: 1 1 8rem; padding: 0.75rem 1rem; border: 1px solid var(--line); border-radius: 0.7rem; background: var(--card); }
.tile b { display: block; font-size: 1.7rem; line-height: 1.15; font-variant-numeric: tabular-nums; }
.tile.works b { color: var(--works); } .tile.refused b { color: var(--refused); }
.tile.unknown b { color: var(--unknown); } .tile.differs b { color: var(--differs); }
.unmet { margin: 0 0 1.1rem; padding: 0.8rem 1rem; border: 1px solid var(--refused-line); border-radius: 0.7rem; background: var(--refused-back); color: var(--refused); }
.unmet ul { margin: 0.3rem 0 0; padding-left: 1.2rem; }

.show { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem; margin: 0 0 0.8rem; padding: 0; border: 0; }
.show legend { float: left; padding: 0; margin-right: 0.4rem; color: var(--soft); }
.show label { position: relative; cursor: pointer; }
.show input { position: absolute; inset: 0; opacity: 0; margin: 0; cursor: pointer; }
.show span { display: block; padding: 0.18rem 0.8rem; border: 1px solid var(--line); border-radius: 2rem; background: var(--card); }
.show input:checked + span { background: var(--ink); border-color: var(--ink); color: var(--page); }
.show input:focus-visible + span { outline: 3px solid var(--focus); outline-offset: 2px; }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); }
table.grid { width: 100%; min-width: 46rem; table-layout: fixed; border-collapse: separate; border-spacing: 0; }
.grid th { text-align: left; font-weight: 600; padding: 0.55rem 0.9rem; vertical-align: middle; }
.grid thead th { color: var(--soft); font-size: 0.87rem; border-bottom: 1px solid var(--line); background: var(--card); }
.grid tbody tr > * { border-top: 1px solid var(--line); }
.grid tbody:first-of-type tr:first-child > * { border-top: 0; }
.grid tbody + tbody tr:first-child > * { border-top: 2px solid var(--line); }
.grid .engine { width: 10.5rem; line-height: 1.35; }
.grid .engine small { overflow-wrap: anywhere; display: block; font-weight: 400; color: var(--soft); }
.grid .runtime { width: 6.4rem; } .grid tbody .runtime { font-weight: 500; overflow-wrap: anywhere; }
.grid td { padding: 0.28rem; height: 1px; }
.grid td.none { text-align: center; color: var(--soft); }
.cell { display: grid; grid-template-columns: 1.25rem 1fr; column-gap: 0.45rem; align-items: baseline; width: 100%; height: 100%;
  min-height: 3.3rem; align-content: center; padding: 0.4rem 0.6rem; border: 1px solid transparent; border-radius: 0.5rem;
  font: inherit; line-height: 1.3; text-align: left; cursor: pointer; transition: box-shadow 0.12s, transform 0.12s, opacity 0.12s; }
.cell:hover { box-shadow: 0 2px 10px var(--shade); transform: translateY(-1px); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 1px; }
.cell .sign { font-weight: 700; text-align: center; }
.cell .word { font-weight: 600; }
.cell .real { grid-column: 2; font-size: 0.8rem; }
.cell sup { font-size: 0.72rem; font-weight: 500; line-height: 0; margin-left: 0.2rem; }
.works.cell, .badge.works { background: var(--works-back); color: var(--works); border-color: var(--works-line); }
.refused.cell, .badge.refused { background: var(--refused-back); color: var(--refused); border-color: var(--refused-line); }
.unknown.cell, .badge.unknown { background: var(--unknown-back); color: var(--unknown); border-color: var(--unknown-line); }
.differs.cell { background: var(--differs-back); color: var(--differs); border: 2px dashed var(--differs-line); }
.badge.differs { background: var(--differs-back); color: var(--differs); border-color: var(--differs-line); }
main:has(#show-works:checked) .cell:not(.works), main:has(#show-refused:checked) .cell:not(.refused),
main:has(#show-unknown:checked) .cell:not(.unknown), main:has(#show-differs:checked) .cell:not(.differs) { opacity: 0.18; }

.findings { display: grid; gap: 0.8rem; margin: 0; padding: 0; list-style: none; }
.finding { display: grid; grid-template-columns: 2rem 1fr; gap: 0 0.4rem; padding: 0.95rem 1.1rem 0.95rem 0.8rem; border: 1px solid var(--line); border-radius: 0.8rem; background: var(--card); scroll-margin-top: 1rem; }
.finding:target { border-color: var(--focus); box-shadow: 0 0 0 2px var(--focus); }
.finding > .number { font-weight: 700; color: var(--soft); text-align: right; padding-right: 0.35rem; }
.finding.hinders > .number { color: var(--refused); }
.finding summary { cursor: pointer; color: var(--soft); font-size: 0.9rem; margin-top: 0.5rem; width: fit-content; }
.finding details ul { margin: 0.3rem 0 0; padding-left: 1.2rem; columns: 2 18rem; color: var(--soft); font-size: 0.9rem; }
dl { display: grid; grid-template-columns: 5.4rem 1fr; gap: 0.22rem 0.7rem; margin: 0.45rem 0 0; }
dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
dd.todo { font-weight: 500; }

.panel { position: fixed; inset: 0 0 0 auto; width: min(34rem, 100vw); height: 100dvh; max-height: none; margin: 0; padding: 1.5rem 1.6rem 2.5rem;
  overflow-y: auto; border: 0; border-left: 1px solid var(--line); background: var(--card); color: var(--ink); box-shadow: -12px 0 40px var(--shade); }
.panel::backdrop { background: rgb(10 14 22 / 0.35); }
.panel > header { display: flex; justify-content: space-between; align-items: flex-start; gap: 1rem; }
.panel h2 { margin: 0; font-size: 1.2rem; line-height: 1.3; }
.panel h3 { margin: 1.5rem 0 0.5rem; font-size: 0.95rem; }
.panel .close { flex: none; width: 2.2rem; height: 2.2rem; border: 1px solid var(--line); border-radius: 50%; background: none; color: inherit; font: inherit; font-size: 1.1rem; line-height: 1; cursor: pointer; }
.sides { display: grid; grid-template-columns: 1fr 1fr; gap: 0.7rem; margin-top: 1rem; }
.side { padding: 0.65rem 0.85rem; border: 1px solid var(--line); border-radius: 0.6rem; }
.side > small { display: block; color: var(--soft); margin-bottom: 0.2rem; }
.side > p { font-size: 0.85rem; margin-top: 0.35rem; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 0.1rem 0.65rem; border: 1px solid var(--line); border-radius: 2rem; font-weight: 600; }
.reason { padding: 0.75rem 0 0.15rem; border-top: 1px solid var(--line); }
h3 + .reason { border-top: 0; padding-top: 0; }
.panel dl.strategy { grid-template-columns: 9.5rem 1fr; font-size: 0.92rem; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: 0.88rem; }

@media (max-width: 40rem) {
  main { padding: 1.3rem 0.9rem 3rem; }
  .panel { inset: auto 0 0 0; width: 100vw; height: auto; max-height: 85dvh; border-left: 0; border-top: 1px solid var(--line); border-radius: 1rem 1rem 0 0; }
}
@media (prefers-reduced-motion: reduce) { .cell { transition: none; } .cell:hover { transform: none; } }
@media print {
  :root {
    color-scheme: light;
    --page: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444b58; --line: #b9c0cc; --shade: transparent;
    --works: #0d5531; --works-back: #e0f4e8; --works-line: #a9dcbf;
    --refused: #8c1a13; --refused-back: #fdeae8; --refused-line: #f0bdb8;
    --unknown: #663f00; --unknown-back: #fdf1d3; --unknown-line: #ecd297;
    --differs: #59138a; --differs-back: #f4e6fb; --differs-line: #8e37c0;
  }
  @page { size: A4; margin: 14mm 12mm; }
  html { font-size: 10.5px; }
  main { max-width: none; padding: 0 1px; }
  .show, .panel .close { display: none; }
  .scroll { overflow: visible; } table.grid { min-width: 0; }
  .cell { min-height: 0; padding: 0.25rem 0.45rem; } .cell, .badge, .tile { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main .cell { opacity: 1 !important; }
  .grid tr, .finding, .tile { break-inside: avoid; } thead { display: table-header-group; }
  h2 { break-after: avoid; }
  .finding details > ul { display: block; } .finding details::details-content { content-visibility: visible; height: auto; }
  .panels { display: block; }
  .panel { position: static; display: none; }
  .panel.told { display: block; width: auto; height: auto; max-height: none; padding: 0.7rem 0; border: 0; border-top: 1px solid var(--line); box-shadow: none; overflow: visible; break-inside: avoid; }
  a { color: inherit; text-decoration: none; }
}
`.trim();
