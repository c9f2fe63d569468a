/** The operators: static functions on tensors, each with its derivative beside its formula. */
@NullMarked
package dev.mmib.op;

import org.jspecify.annotations.NullMarked;
