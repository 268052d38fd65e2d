"""Mutation testing: does a test fail where the code is changed?"""
