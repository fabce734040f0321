// Every captured frame decodes to what was recorded beside it, and what we write decodes to the same.
import { languageName } from '../support/language-name.js';
import { GOLDEN_FAMILIES, type GoldenFrame, goldenExchanges } from '../support/golden-exchanges.js';
import type { RemotingCommand } from 'rocketmq-core/protocol';
import { decodeCommand, encodeCommand } from 'rocketmq-core/remoting';

/** A command in the shape of the recorded `decoded`. */
function shapeOf(command: RemotingCommand): object {
  return {
    code: command.code,
    flag: command.flag,
    opaque: command.opaque,
    version: command.version,
    language: languageName(command.language),
    remark: command.remark ?? null,
    extFields: command.extFields === undefined ? null : Object.fromEntries(command.extFields),
    bodyLength: command.body?.length ?? 0,
  };
}

function recordedShape(frame: GoldenFrame): object {
  const { code, flag, opaque, version, language, remark, extFields, bodyLength } = frame;
  return { code, flag, opaque, version, language, remark, extFields, bodyLength };
}

describe.each(GOLDEN_FAMILIES)('captured frames: %s', (family) => {
  const frames = goldenExchanges(family).flatMap(({ name, requestHex, responseHex, decoded }) => [
    { name: `${name}, request`, hex: requestHex, recorded: decoded.request },
    ...(responseHex === null || decoded.response === null
      ? []
      : [{ name: `${name}, response`, hex: responseHex, recorded: decoded.response }]),
  ]);

  it.each(frames)('$name', ({ hex, recorded }) => {
    const bytes = Buffer.from(hex, 'hex');
    const command = decodeCommand(bytes);
    expect(shapeOf(command)).toEqual(recordedShape(recorded));
    if (recorded.bodyUtf8 !== undefined) expect(Buffer.from(command.body ?? []).toString('utf8')).toBe(recorded.bodyUtf8);
    const again = encodeCommand(command);
    expect(decodeCommand(again)).toEqual(command);
    // Order of members and of fields is the peer's own, the number of bytes is not.
    expect(again).toHaveLength(bytes.length);
  });
});
