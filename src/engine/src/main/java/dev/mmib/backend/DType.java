package dev.mmib.backend;

/** The element types of a {@link Buffer}. */
public enum DType {
  F32,
  I32
}
