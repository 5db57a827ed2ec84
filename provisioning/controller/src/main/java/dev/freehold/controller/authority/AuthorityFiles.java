package dev.freehold.controller.authority;

import dev.freehold.bundle.Pem;
import dev.freehold.bundle.files.DurableFiles;
import dev.freehold.bundle.files.DurableFiles.Access;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The authority's keys and certificates as files. All of them are written into a folder beside
 * their place, which is then moved there: an authority exists whole or not at all.
 */
final class AuthorityFiles {

  static final String CLASSICAL_ROOT = "classical-root";
  static final String POST_QUANTUM_ROOT = "post-quantum-root";
  static final String DEVICES = "devices";
  static final String CLIENTS = "clients";
  static final String SERVICE = "service";
  static final String BUNDLE_CLASSICAL = "bundle-classical";
  static final String BUNDLE_POST_QUANTUM = "bundle-post-quantum";

  static final List<String> ALL =
      List.of(
          CLASSICAL_ROOT,
          POST_QUANTUM_ROOT,
          DEVICES,
          CLIENTS,
          SERVICE,
          BUNDLE_CLASSICAL,
          BUNDLE_POST_QUANTUM);

  private AuthorityFiles() {}

  static void write(Path folder, Map<String, Issuer> issuers) throws IOException {
    Path staged = folder.resolveSibling(folder.getFileName() + ".new");
    deleteLeftover(staged);
    DurableFiles.createPrivateFolder(staged);
    for (Map.Entry<String, Issuer> entry : issuers.entrySet()) {
      Issuer issuer = entry.getValue();
      DurableFiles.write(
          staged.resolve(entry.getKey() + ".key"), Pem.encode(issuer.key()), Access.OWNER_ONLY);
      DurableFiles.write(
          staged.resolve(entry.getKey() + ".pem"),
          Pem.encode(issuer.certificate()),
          Access.OWNER_ONLY);
    }
    Files.move(staged, folder, StandardCopyOption.ATOMIC_MOVE);
    DurableFiles.syncFolder(folder.toAbsolutePath().getParent());
  }

  static Map<String, Issuer> read(Path folder) throws IOException {
    Map<String, Issuer> issuers = new LinkedHashMap<>();
    for (String name : ALL) {
      Path key = folder.resolve(name + ".key");
      Path pem = folder.resolve(name + ".pem");
      try {
        X509Certificate certificate = Pem.certificates(DurableFiles.readText(pem)).getFirst();
        issuers.put(name, new Issuer(Pem.privateKey(DurableFiles.readText(key)), certificate));
      } catch (IOException | GeneralSecurityException e) {
        throw new IOException(
            "Expected the authority's key and certificate in "
                + key
                + " and "
                + pem
                + ", found them missing or damaged. Restore the folder from a backup.",
            e);
      }
    }
    return issuers;
  }

  private static void deleteLeftover(Path staged) throws IOException {
    if (!Files.isDirectory(staged)) {
      return;
    }
    try (Stream<Path> files = Files.list(staged)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(staged);
  }
}
