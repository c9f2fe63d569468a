/** The features of pictures on disk, shared by trainings. */
@NullMarked
package dev.mmib.train.features;

import org.jspecify.annotations.NullMarked;
