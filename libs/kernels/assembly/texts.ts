// AssemblyScript, compiled by scripts/codegen.mjs: values of any length, most of them short, which are copied one by one. Memory is the
// thread's arena. Offsets are uint32.

/**
 * Takes values in PLAIN encoding, each behind its length of four bytes, from `[at, end)`: `count` at most, until `soft` bytes are there, and
 * as long as the next one is whole and has room. Answers how many.
 * @param offsets of the values that are there: the end of the last one, behind which the others' follow
 * @param data where value 0 begins @param room bytes there
 */
export function takePlainTexts(
  at: usize,
  end: usize,
  count: i32,
  offsets: usize,
  data: usize,
  room: u32,
  soft: u32,
): i32 {
  let filled = load<u32>(offsets);
  let done = 0;
  for (; done < count && filled < soft && end - at >= 4; done++) {
    const length = load<u32>(at);
    at += 4;
    if (<usize>length > end - at || length > room - filled) break;
    copyText(at, end, data + filled, data + room, length);
    at += length;
    filled += length;
    offsets += 4;
    store<u32>(offsets, filled);
  }
  return done;
}

/**
 * As `takePlainTexts`, values of others by their numbers. @param numbers each below the number of the others
 * @param from where the others' value 0 begins @param fromEnd behind the memory that they lie in @param fromOffsets of the others
 */
export function takeNumberedTexts(
  numbers: usize,
  count: i32,
  from: usize,
  fromEnd: usize,
  fromOffsets: usize,
  offsets: usize,
  data: usize,
  room: u32,
  soft: u32,
): i32 {
  let filled = load<u32>(offsets);
  let done = 0;
  for (; done < count && filled < soft; done++, numbers += 4) {
    const place = fromOffsets + ((<usize>load<u32>(numbers)) << 2);
    const start = load<u32>(place);
    const length = load<u32>(place + 4) - start;
    if (length > room - filled) break;
    copyText(from + start, fromEnd, data + filled, data + room, length);
    filled += length;
    offsets += 4;
    store<u32>(offsets, filled);
  }
  return done;
}

/** Copies the values that begin at `froms` to where `offsets` say. @param sourceEnd behind the memory that they lie in */
export function placeTexts(
  source: usize,
  sourceEnd: usize,
  froms: usize,
  offsets: usize,
  count: i32,
  target: usize,
): void {
  const stop = target + load<u32>(offsets + ((<usize>count) << 2));
  for (let i = 0; i < count; i++, froms += 4, offsets += 4) {
    const at = load<u32>(offsets);
    copyText(source + load<u32>(froms), sourceEnd, target + at, stop, load<u32>(offsets + 4) - at);
  }
}

/** Writes values in PLAIN encoding: `count` of them, whose offsets begin at `offsets`. @param data where value 0 of all begins */
export function writePlainTexts(
  data: usize,
  dataEnd: usize,
  offsets: usize,
  count: i32,
  target: usize,
  stop: usize,
): void {
  for (let i = 0; i < count; i++, offsets += 4) {
    const start = load<u32>(offsets);
    const length = load<u32>(offsets + 4) - start;
    store<u32>(target, length);
    target += 4;
    copyText(data + start, dataEnd, target, stop, length);
    target += length;
  }
}

/** Where both have room, sixteen bytes at a time: what is written behind the length is written again by what follows. */
function copyText(from: usize, fromEnd: usize, to: usize, toEnd: usize, length: u32): void {
  const last = from + length;
  if (fromEnd - last >= 16 && toEnd - to >= <usize>length + 16)
    for (; from < last; from += 16, to += 16) v128.store(to, v128.load(from));
  else {
    for (; from + 8 <= last; from += 8, to += 8) store<u64>(to, load<u64>(from));
    for (; from < last; from++, to++) store<u8>(to, load<u8>(from));
  }
}
