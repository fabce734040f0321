#!/usr/bin/env node
// Keeps compiled code between starts where the runtime can (Node 22.1 and later).
import module from 'node:module';
module.enableCompileCache?.();
await import('../dist/main.js');
