/** ResNet, the picture encoder. */
@NullMarked
package dev.mmib.resnet;

import org.jspecify.annotations.NullMarked;
