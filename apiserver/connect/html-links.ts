/**
 * Rewrites the links of an HTML page as it passes, so that a page behind the proxy finds its parts.
 * Nothing but the values of attributes that hold links is touched; what is no HTML stays as it is.
 */
import { Transform, type TransformCallback } from 'node:stream';

/** By element, from the HTML standard and what came before it. */
const linkAttributes: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    a: 'href',
    applet: 'codebase',
    area: 'href',
    audio: 'src',
    base: 'href',
    blockquote: 'cite',
    body: 'background',
    button: 'formaction',
    command: 'icon',
    del: 'cite',
    embed: 'src',
    form: 'action',
    frame: 'longdesc src',
    head: 'profile',
    html: 'manifest',
    iframe: 'longdesc src',
    img: 'longdesc src usemap',
    input: 'formaction src usemap',
    ins: 'cite',
    link: 'href',
    object: 'classid codebase data usemap',
    q: 'cite',
    script: 'src',
    source: 'src',
    video: 'poster src',
  }).map(([tag, names]) => [tag, names.split(' ')]),
);

/** A tag that is longer is passed on as it is. */
const tagLengthMax = 16 * 1024;

export function createLinkRewriter(rewrite: (link: string) => string): Transform {
  let rest = '';
  const take = (isLast: boolean): string => {
    const { text, tail } = rewriteTags(rest, rewrite);
    const isTooLong = tail.length > tagLengthMax;
    rest = isLast || isTooLong ? '' : tail;
    return isLast || isTooLong ? text + tail : text;
  };
  return new Transform({
    transform(chunk: Buffer, _, done: TransformCallback) {
      rest += chunk.toString('latin1'); // One character a byte: whatever the page is written in.
      done(null, Buffer.from(take(false), 'latin1'));
    },
    flush: (done) => done(null, Buffer.from(take(true), 'latin1')),
  });
}

/** `tail` is what follows the last whole tag and may be the beginning of another. */
function rewriteTags(html: string, rewrite: (link: string) => string) {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const start = html.indexOf('<', at);
    if (start < 0) return { text: parts.join('') + html.slice(at), tail: '' };
    parts.push(html.slice(at, start));
    const end = endOfTag(html, start);
    if (end < 0) return { text: parts.join(''), tail: html.slice(start) };
    parts.push(rewriteTag(html.slice(start, end), rewrite));
    at = end;
  }
}

/** Behind the `>`, which counts only outside quotes; -1 when it is not there yet. */
function endOfTag(html: string, start: number): number {
  let quote = '';
  for (let at = start + 1; at < html.length; at++) {
    const char = html[at]!;
    if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '>') return at + 1;
    else if (char === '"' || char === "'") quote = html[at - 1] === '=' ? char : '';
  }
  return -1;
}

const attribute = /(\s)([a-z]+)(=)("[^"]*"|'[^']*'|[^\s"'>]+)/gi;

function rewriteTag(tag: string, rewrite: (link: string) => string): string {
  const [, name = ''] = /^<([a-z]+)/i.exec(tag) ?? [];
  const links = linkAttributes.get(name.toLowerCase());
  if (!links) return tag;
  return tag.replace(
    attribute,
    (whole, space: string, key: string, sign: string, value: string) => {
      if (!links.includes(key.toLowerCase())) return whole;
      const quote = /^["']/.exec(value)?.[0] ?? '';
      const link = quote === '' ? value : value.slice(1, -1);
      return `${space}${key}${sign}${quote}${rewrite(link)}${quote}`;
    },
  );
}
