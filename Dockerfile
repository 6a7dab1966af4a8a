# One image for every process; which one it is, the command says (see docker-compose.yml).
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_LINK_MODE=copy
WORKDIR /desk
COPY requirements/uv.txt requirements/runtime.txt requirements/
RUN python -m venv /venv \
    && /venv/bin/pip install --require-hashes -r requirements/uv.txt \
    && /venv/bin/uv pip install --python /venv/bin/python --require-hashes --compile-bytecode \
        -r requirements/runtime.txt
COPY package.json package-lock.json .npmrc ./
COPY embedded embedded
RUN mkdir static && /venv/bin/python -m embedded assets
COPY . .
# collectstatic reads settings; nothing here is kept or contacted.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    STATIC_ROOT=/static /venv/bin/python manage.py collectstatic --noinput

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home desk
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    STATIC_ROOT=/static STATIC_FROM_SOURCE=false
WORKDIR /desk
COPY --from=build /venv /venv
COPY --from=build /static /static
COPY --from=build /desk /desk
USER desk
EXPOSE 8000
CMD ["uvicorn", "config.asgi:application", "--host", "0.0.0.0", "--port", "8000", \
     "--loop", "uvloop", "--ws", "websockets-sansio", "--ws-per-message-deflate", "false", \
     "--lifespan", "off", "--no-server-header", "--no-access-log", \
     "--timeout-graceful-shutdown", "5"]
