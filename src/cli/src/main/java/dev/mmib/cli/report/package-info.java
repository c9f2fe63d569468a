/** Reports for people: one HTML file with charts, scores, and posts with their pictures. */
@NullMarked
package dev.mmib.cli.report;

import org.jspecify.annotations.NullMarked;
