package dev.mmib.convert.torch;

/**
 * A file within a zip archive, as its directory and its own header agree.
 *
 * @param name its path within the archive
 * @param isDeflated whether its bytes are compressed; they are stored as they are otherwise
 * @param crc the CRC-32 of its bytes
 * @param stored the number of bytes in the archive
 * @param size the number of bytes it has
 * @param start where the stored bytes begin in the archive
 */
record ZipRecord(String name, boolean isDeflated, long crc, long stored, long size, long start) {}
