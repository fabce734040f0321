#!/usr/bin/env node
import '../dist/mqshutdown.js';
