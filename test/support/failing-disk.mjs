// Preloaded into a server: from the moment the file FAIL_WRITES_WHEN exists, every write fails as on a full disk.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const flag = process.env.FAIL_WRITES_WHEN;
const { writeSync } = fs;
fs.writeSync = (descriptor, ...rest) => {
  // Standard output and error stay usable.
  if (descriptor > 2 && fs.existsSync(flag)) {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28, syscall: 'write' });
  }
  return writeSync(descriptor, ...rest);
};
syncBuiltinESMExports();
