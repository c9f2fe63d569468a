/**
 * How fast this library is, against others on the same machine and against what the machine can do.
 *
 * <p>{@link dev.mmib.jmh.Workloads} lists what is compared, {@link dev.mmib.jmh.Comparison}
 * compares it. A new engine is a {@link dev.mmib.jmh.Contender} and a line in each workload that it
 * can do.
 */
@NullMarked
package dev.mmib.jmh;

import org.jspecify.annotations.NullMarked;
