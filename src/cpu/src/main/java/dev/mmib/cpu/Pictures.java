package dev.mmib.cpu;

import org.bytedeco.javacpp.BytePointer;

/** Where pictures of equal size, or other things one after another, begin. */
record Pictures(BytePointer start, long bytesEach) {

  BytePointer at(int picture) {
    return picture == 0 ? start : start.getPointer(picture * bytesEach);
  }
}
