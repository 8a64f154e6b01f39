"""The HTML templates of the rendered course (Jinja)."""

# Pictures with the alt text that the lessons keep in their outputs.
PICTURE_BLOCKS = """
{%- macro picture(output, mime) -%}
{%- set alt = output | get_metadata('alt', mime) -%}
{%- set width = output | get_metadata('width', mime) -%}
<div class="jp-RenderedImage jp-OutputArea-output">
<img src="data:{{ mime }};base64,{{ output.data[mime] | trim }}"
{%- if alt %} alt="{{ alt | escape_html }}"{% endif %}{% if width %} width="{{ width }}"{% endif %}>
</div>
{%- endmacro -%}
{%- block data_png scoped -%}{{ picture(output, 'image/png') }}{%- endblock -%}
{%- block data_jpg scoped -%}{{ picture(output, 'image/jpeg') }}{%- endblock -%}
"""

# nbconvert's page loads require.js, MathJax, Mermaid and a widget manager from other hosts. Here only MathJax
# is left, on pages with formulas and when the browser is online; without it formulas show as TeX.
LESSON_TEMPLATE = r"""
{%- extends 'index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}
{%- if nb.metadata.has_formulas -%}
<script type="text/x-mathjax-config">MathJax.Hub.Config({messageStyle: 'none', tex2jax: {processEscapes: true,
  inlineMath: [['$', '$'], ['\\(', '\\)']], displayMath: [['$$', '$$'], ['\\[', '\\]']]}});</script>
<script>if (navigator.onLine) document.head.appendChild(Object.assign(document.createElement('script'),
  {async: true, src: '{{ resources.mathjax_url }}'}));</script>
{%- endif -%}
{%- endblock -%}
{%- block notebook_css -%}
{{ super() }}
{{ resources.include_css('static/theme-dark.css').unescape()
   | replace('<style', '<style media="(prefers-color-scheme: dark)"', 1) }}
<style>
:root { color-scheme: light dark; }
body.jp-Notebook { max-width: 58rem; margin: 0 auto; padding: 1rem; }
nav.course { padding: 0 0 .5rem; font: 1rem system-ui, sans-serif; }
nav.course a { color: var(--jp-content-link-color, #0057b7); }
.jp-RenderedHTMLCommon { font-size: 1rem; }
.jp-RenderedHTMLCommon img { max-width: 100%; }
@media (max-width: 40rem) { .jp-InputPrompt, .jp-OutputPrompt { display: none; } }
@media (prefers-color-scheme: dark) {
  .jp-RenderedMarkdown img, .jp-RenderedImage img, .jp-RenderedSVG img {
    background: #fff; border-radius: 4px; padding: 4px; }
}
</style>
{%- endblock -%}
{%- block body_header -%}
{{ super() }}
<nav class="course" aria-label="Course"><a href="index.html">All lessons</a></nav>
{%- endblock -%}
"""
LESSON_TEMPLATE += PICTURE_BLOCKS

SITE_TEMPLATE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --line: #d0d7de; --soft: #57606a;
  --link: #0057b7; --bad: #a40e26; --card: #f6f8fa; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --line: #3d444d;
  --soft: #9da7b3; --link: #79b8ff; --bad: #ff9492; --card: #161b22; } img { background: #fff; } }
body { max-width: 52rem; margin: 0 auto; padding: 2rem 1rem; color: var(--ink); background: var(--paper);
  font: 1.05rem/1.6 system-ui, sans-serif; }
a { color: var(--link); } img { max-width: 100%; } .anchor-link { display: none; }
h1 { line-height: 1.2; } table { border-collapse: collapse; }
th, td { border: 1px solid var(--line); padding: .3rem .7rem; text-align: left; }
pre { background: var(--card); padding: .8rem; overflow-x: auto; border-radius: 6px; }
ol.lessons { list-style: none; padding: 0; display: grid; gap: .8rem; }
ol.lessons li { border: 1px solid var(--line); border-radius: 8px; background: var(--card);
  padding: .9rem 1.1rem; }
ol.lessons h2 { font-size: 1.15rem; margin: 0; } ol.lessons p { margin: .25rem 0; }
.facts { color: var(--soft); font-size: .9rem; } .FAILED { color: var(--bad); font-weight: 600; }
</style>
</head>
<body>
{{ body | safe }}
</body>
</html>
"""

INDEX_BODY = """
<h1>{{ title }}</h1>
<p>{{ cards | length }} lesson{{ '' if cards | length == 1 else 's' }}, executed when these pages were made.
{% if failed %}<strong class="FAILED">{{ failed }} failed.</strong>{% else %}All ran to the end.{% endif %}
{% for name, text in documents %} · <a href="{{ name }}">{{ text }}</a>{% endfor %}</p>
<ol class="lessons">
{% for lesson in cards %}<li>
<h2><a href="{{ lesson.href }}">{{ lesson.title }}</a></h2>
{{ lesson.summary | safe }}
<p class="facts"><span class="{{ lesson.status }}">{{ lesson.status }}</span> in {{ lesson.seconds }} s
{%- if lesson.read is not none %} · {{ lesson.read }} minutes to read{% endif %}
{%- if lesson.run is not none %} · {{ lesson.run }} minutes to run{% endif %}</p>
{% if lesson.failure %}<p class="FAILED">Stopped at {{ lesson.failure }}</p>{% endif %}
</li>
{% endfor %}</ol>
"""
