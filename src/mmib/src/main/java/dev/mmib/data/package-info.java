/** Posts with their labels: readers of the benchmarks' files, label sets, encodings and batches. */
@NullMarked
package dev.mmib.data;

import org.jspecify.annotations.NullMarked;
