/** Files: JSON, safetensors, and the directories that hold models. */
@NullMarked
package dev.mmib.io;

import org.jspecify.annotations.NullMarked;
