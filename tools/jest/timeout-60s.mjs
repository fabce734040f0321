// Suites on real sockets wait for conditions: their tests get a minute.
import { jest } from '@jest/globals';

jest.setTimeout(60_000);
