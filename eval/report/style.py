"""The style sheet of report.html: one column on a phone, charts side by side on a screen, A4 in print."""

CSS = """
@page { size: A4; margin: 16mm }
* { box-sizing: border-box }
body { font: 15px/1.65 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif;
  color: #222; max-width: 980px; margin: 2em auto; padding: 0 1em; overflow-wrap: anywhere }
h1 { font-size: 1.6em; margin: 0; line-height: 1.3 }
h2 { font-size: 1.2em; margin: 2.2em 0 .7em; border-left: 4px solid #1d4f91; padding-left: .6em;
  break-after: avoid }
h3 { font-size: 1em; margin: 1.4em 0 .4em; break-after: avoid }
.about, .note, figcaption { color: #666; font-size: .88em }
.note { margin: .5em 0 } .note p { margin: 0 0 .5em }
.problem { background: #fff3e0; border-left: 4px solid #d9822b; padding: .5em .8em }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); gap: .7em }
.card { border: 1px solid #d8dbe0; border-radius: 8px; padding: .55em .8em; break-inside: avoid }
.card b { display: block; font-size: 1.45em; line-height: 1.3; color: #1d4f91;
  font-variant-numeric: tabular-nums }
.card span { font-size: .85em; color: #666 } .card small { display: block; font-size: .8em }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr));
  gap: 1.2em 2em; align-items: start }
figure { margin: 0; break-inside: avoid; max-width: 560px } figure svg { width: 100%; height: auto }
figure h3 { margin: 0 0 .4em }
.legend { margin: .3em 0; font-size: .88em; line-height: 1.9 }
.legend .key { margin-right: 1.2em; white-space: nowrap }
.legend i { display: inline-block; width: 12px; height: 12px; margin-right: .4em; vertical-align: -1px }
.legend svg.dash { width: 30px; height: 8px; margin-right: .4em; vertical-align: middle }
.scroll { overflow-x: auto; margin-top: .8em }
table { border-collapse: collapse; width: 100%; font-size: .92em }
th, td { border-bottom: 1px solid #e2e4e8; padding: .38em .5em; text-align: left; vertical-align: top }
th { font-weight: 600; color: #555; white-space: nowrap } thead { display: table-header-group }
td small { display: block; color: #777; font-size: .86em; line-height: 1.4; min-width: 9em }
.scroll td:first-child { min-width: 7.5em; overflow-wrap: normal; word-break: keep-all }
.scroll td small { word-break: normal; overflow-wrap: anywhere }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
td.best { font-weight: 700 } tr { break-inside: avoid }
.up { color: #1a7f37 } .down { color: #b3261e } .fell { font-weight: 700 }
.case { border: 1px solid #d8dbe0; border-radius: 8px; padding: .6em .9em; margin: .7em 0;
  break-inside: avoid }
.case h3 { margin: .1em 0 .4em; font-size: 1.02em }
.case .tags { color: #666; font-size: .85em } .case .tags span { margin-right: .9em; white-space: nowrap }
.case .tags .why { color: #fff; background: #8c2f2f; border-radius: 4px; padding: .1em .5em;
  font-weight: 600 }
.case dl { display: grid; grid-template-columns: 3em 1fr; gap: .25em .4em; margin: 0; font-size: .92em }
.case dt { color: #666 } .case dd { margin: 0 }
@media (max-width: 600px) { body { margin: 1em auto; font-size: 16px } h1 { font-size: 1.35em }
  .cards { grid-template-columns: 1fr 1fr } }
@media print { body { margin: 0; max-width: none; font-size: 10.5pt } .scroll { overflow: visible } }
"""
