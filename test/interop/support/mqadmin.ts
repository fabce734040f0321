// Runs Apache's mqadmin and answers what it printed. Its exit code tells nothing (0 after most failures): tests look at the text.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHome, serverCommand } from '../../../tools/peer/commands.mjs';
import type { JavaClient } from './java-program.js';
import type { Workspace } from './workspace.js';

const LIMIT_MS = 60_000;

export async function mqadmin(workspace: Workspace, client: JavaClient, nameServer: string, words: readonly string[]): Promise<string> {
  const home = workspace.folder(`mqadmin-${words[0]}`);
  prepareHome(home);
  const { command, args } = serverCommand(client.version, 'admin', [...words, '-n', nameServer], {
    home,
    serializeType: client.serializeType,
    shortLived: true,
  });
  const env = { ...process.env, HOME: home, ROCKETMQ_HOME: home, NAMESRV_ADDR: '' };
  const text = await new Promise<string>((resolve, reject) => {
    execFile(command, args, { cwd: home, env, timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error?.killed === true) reject(new Error(`mqadmin ${words.join(' ')}: not within ${LIMIT_MS} ms\n${stdout}\n${stderr}`));
      else resolve(`${stdout}${stderr}`);
    });
  });
  writeFileSync(join(home, 'out.log'), text);
  return text;
}
