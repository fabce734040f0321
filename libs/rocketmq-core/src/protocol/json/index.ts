export { JSON_DEPTH_MAX, JsonSyntaxError, type JsonMap, type JsonObject, type JsonValue, parseJson } from './parse-json.js';
export { type Writable, type WriteOptions, writeJson } from './write-json.js';
export { BodyDecodeError, BodyReader, jsonBytes } from './reader.js';
