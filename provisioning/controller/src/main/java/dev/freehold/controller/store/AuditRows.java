package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface AuditRows extends CrudRepository<AuditRow, Long> {

  @Query("SELECT * FROM audit_entry ORDER BY id DESC FETCH FIRST :rows ROWS ONLY")
  List<AuditRow> newest(int rows);
}
