/** BERT, the text encoder. */
@NullMarked
package dev.mmib.bert;

import org.jspecify.annotations.NullMarked;
