// Bits of a message's sysFlag [java MessageSysFlag].

export const SYS_FLAG = {
  COMPRESSED: 0x1,
  MULTI_TAGS: 0x2,
  TRANSACTION_PREPARED: 0x4,
  TRANSACTION_COMMIT: 0x8,
  TRANSACTION_ROLLBACK: 0xc,
  /** Mask of the three above. */
  TRANSACTION_TYPE: 0xc,
  BORNHOST_V6: 0x10,
  STOREHOST_V6: 0x20,
  NEED_UNWRAP: 0x40,
  INNER_BATCH: 0x80,
  COMPRESSION_LZ4: 0x100,
  COMPRESSION_ZSTD: 0x200,
  COMPRESSION_ZLIB: 0x300,
  /** Mask of the three above; 0 with COMPRESSED set is zlib of old clients. */
  COMPRESSION_TYPE: 0x700,
} as const;
