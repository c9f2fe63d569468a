/** The backend that needs nothing but Java. */
@NullMarked
package dev.mmib.backend.java;

import org.jspecify.annotations.NullMarked;
