// The version of a table that brokers, slaves and name servers compare [java DataVersion].
import { BodyReader, jsonBytes, writeJson } from '../json/index.js';

export interface DataVersion {
  counter: number;
  stateVersion: number;
  timestamp: number;
}

export function readDataVersion(reader: BodyReader | undefined): DataVersion {
  return {
    counter: reader?.integer('counter', 0) ?? 0,
    stateVersion: reader?.integer('stateVersion', 0) ?? 0,
    timestamp: reader?.integer('timestamp', 0) ?? 0,
  };
}

export function encodeDataVersion(version: DataVersion): Uint8Array {
  return jsonBytes(writeJson(version));
}

export function decodeDataVersion(body: Uint8Array): DataVersion {
  return readDataVersion(BodyReader.parse(body));
}
