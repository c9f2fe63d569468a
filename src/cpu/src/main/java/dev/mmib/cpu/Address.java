package dev.mmib.cpu;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** A pointer to where it is told, owning nothing: calls that use one again make no garbage. */
public final class Address extends FloatPointer {

  /** Nowhere yet. */
  public Address() {
    super((Pointer) null);
  }

  /** Points to {@code where}; returns itself. */
  public Address set(long where) {
    this.address = where;
    return this;
  }
}
