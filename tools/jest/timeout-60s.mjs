// A minute a test: suites on real sockets wait for conditions, and the others may share a small machine with much else.
import { jest } from '@jest/globals';

jest.setTimeout(60_000);
