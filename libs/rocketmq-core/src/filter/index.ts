// The door of this folder: SQL92 filters, compiled and evaluated. Must never know brokers, clients or files.
export { compileSql, SqlExpression, type SqlOutcome, type SqlProperties, type UnreadText } from './sql-expression.js';
export { SQL_LIMITS } from './sql-tree.js';
