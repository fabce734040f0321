// Suites that start processes and break things get four minutes a test.
import { jest } from '@jest/globals';

jest.setTimeout(240_000);
