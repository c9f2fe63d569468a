/** Text into word pieces and back: the tokenizer of BERT, vocabularies, splitting into words. */
@NullMarked
package dev.mmib.text;

import org.jspecify.annotations.NullMarked;
