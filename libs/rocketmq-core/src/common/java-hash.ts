// Java's hash codes: tag codes, queue choice by key and index hashes depend on them bit by bit.

/** [java String#hashCode]: signed 32 bit over UTF-16 units. */
export function javaStringHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
